-- Bookings, guests and amount of each country; never over two currencies.
SELECT country, currency, number_of_bookings, number_of_guests, amount
FROM bookings_by_country
ORDER BY number_of_bookings DESC, country, currency;
