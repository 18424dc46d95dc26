-- How many whole days lie between an order and the customer's order before it? Over all gaps, from the orders
-- themselves, so that no rounded mean of a week is averaged again.
SELECT count(*) AS gaps, round(avg(day - day_before), 2) AS average_days
FROM (SELECT day, lag(day) OVER (PARTITION BY user_id ORDER BY completed_at, id) AS day_before
      FROM (SELECT id, user_id, completed_at, (completed_at AT TIME ZONE 'UTC')::date AS day FROM orders) AS days
     ) AS pairs
WHERE day_before IS NOT NULL;
