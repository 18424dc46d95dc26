-- Bookings and guests by the month, over all restaurants.
SELECT replace(month, '_', '-') AS month, sum(number_of_bookings)::bigint AS number_of_bookings,
       sum(number_of_guests)::bigint AS number_of_guests
FROM monthly_restaurants_report
GROUP BY 1
ORDER BY 1;
