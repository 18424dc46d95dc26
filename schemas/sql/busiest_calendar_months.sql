-- In which months of the year are most tables booked, over all years? The busiest first.
SELECT month, number_of_bookings, number_of_guests
FROM bookings_by_calendar_month
ORDER BY number_of_bookings DESC, month;
