-- What is the average basket worth, month by month, and how much has it grown since the month before?
SELECT month, orders, sales, round(sales / orders, 4) AS average_basket,
       round(sales / orders - lag(sales / orders) OVER (ORDER BY month), 4) AS more_than_before
FROM orders_monthly
ORDER BY month;
