-- How much of the sales is made by customers who come again? Recurring: two or more orders in the three months that
-- end with this one.
SELECT month, customer_type, orders, sales, round(average_basket, 2) AS average_basket,
       round(100 * share_of_sales, 1) AS percent_of_sales
FROM baskets_by_customer_type_monthly
ORDER BY month, customer_type;
