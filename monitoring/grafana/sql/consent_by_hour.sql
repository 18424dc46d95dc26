-- Page views, and how many of a hundred came with consent, by the hour.
SELECT datehour, sum(pageviews)::bigint AS pageviews,
       round(100 * sum(pageviews_with_consent) / nullif(sum(pageviews), 0), 1) AS percent_with_consent,
       sum(consents_asked)::bigint AS consents_asked, sum(consents_given)::bigint AS consents_given
FROM metrics
GROUP BY datehour
ORDER BY datehour;
