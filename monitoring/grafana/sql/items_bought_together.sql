-- What is bought together more often than by chance? A lift of 2 is twice as often; pairs of fewer than five baskets
-- say nothing yet.
SELECT item_a, item_b, baskets, round(100 * support, 2) AS percent_of_baskets,
       round(100 * confidence_a_b, 1) AS percent_of_a, round(100 * confidence_b_a, 1) AS percent_of_b,
       round(lift, 2) AS lift
FROM basket_pairs
WHERE baskets >= 5
ORDER BY basket_pairs.lift DESC, item_a, item_b
LIMIT 50;
