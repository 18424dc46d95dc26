-- The same by the week, from Sunday, of the later order: do customers come back sooner or later than they did?
SELECT week, gaps, round(average_days, 2) AS average_days
FROM days_between_orders_weekly
ORDER BY week;
