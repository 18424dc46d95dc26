-- The restaurants with most bookings; never over two currencies.
SELECT restaurant_name, country, currency, sum(number_of_bookings)::bigint AS number_of_bookings,
       sum(number_of_guests)::bigint AS number_of_guests, sum(amount) AS amount
FROM monthly_restaurants_report
GROUP BY restaurant_id, restaurant_name, country, currency
ORDER BY number_of_bookings DESC, restaurant_name, country, currency
LIMIT 20;
