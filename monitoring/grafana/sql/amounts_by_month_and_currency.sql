-- What was booked for, by the month; a line for each currency.
SELECT replace(month, '_', '-') AS month, currency, sum(amount) AS amount
FROM monthly_restaurants_report
GROUP BY 1, 2
ORDER BY 1, 2;
