-- Baskets that are too large for pairs to be made of; 0 unless there are some.
SELECT coalesce(sum(baskets), 0)::bigint AS baskets
FROM basket_pairs_left_out;
