-- How many of a hundred page views came with consent, by domain and country; where most is seen first.
SELECT domain, user_country, sum(pageviews)::bigint AS pageviews,
       round(100 * sum(pageviews_with_consent) / nullif(sum(pageviews), 0), 1) AS percent_with_consent,
       sum(consents_asked)::bigint AS consents_asked,
       sum(consents_given)::bigint AS consents_given,
       sum(consents_given_with_consent)::bigint AS consents_given_with_consent
FROM metrics
GROUP BY domain, user_country
ORDER BY pageviews DESC, domain, user_country;
