-- The films that cost most for each unit that they brought in.
SELECT rank, title, year, budget, revenue, round(ratio, 2) AS budget_by_revenue, rating, production_companies, url
FROM movie_report
ORDER BY rank
LIMIT 50;
