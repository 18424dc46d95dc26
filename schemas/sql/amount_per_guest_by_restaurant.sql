-- What does a guest spend at each restaurant? The mean over the restaurant's months, each month counting once,
-- rounded at the end only; never over two currencies. Months without a guest say nothing.
SELECT restaurant_id, restaurant_name, currency, count(*) AS months,
       round(avg(amount / number_of_guests), 2) AS amount_per_guest
FROM monthly_amount_per_guest
WHERE number_of_guests > 0
GROUP BY restaurant_id, restaurant_name, currency
ORDER BY restaurant_name, restaurant_id, currency;
