-- How do sales run from week to week? Weeks begin on Sunday; shipping is no sale.
SELECT week, orders, sales, round(sales / orders, 4) AS average_basket, customers
FROM orders_weekly
ORDER BY week;
