-- What lies in most baskets, and in how many of a hundred?
SELECT item, baskets, round(100 * support, 1) AS percent_of_baskets
FROM basket_items
ORDER BY baskets DESC, item
LIMIT 20;
