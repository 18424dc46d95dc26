-- How many items lie in a basket?
SELECT items::text AS items, baskets
FROM basket_sizes
ORDER BY basket_sizes.items;
