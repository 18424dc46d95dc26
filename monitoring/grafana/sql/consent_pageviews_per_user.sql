-- Pages that a user looks at in an hour, by domain and country.
SELECT datehour, domain, user_country, round(avg_pageviews_per_user, 2) AS pageviews_per_user
FROM metrics
WHERE avg_pageviews_per_user IS NOT NULL
ORDER BY datehour, domain, user_country;
