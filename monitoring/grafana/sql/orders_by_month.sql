-- Orders, sales, shipping and customers by the month. An order is a basket; shipping is no sale.
SELECT month, orders, sales, shipping, customers, round(average_basket, 2) AS average_basket
FROM orders_monthly
ORDER BY month;
