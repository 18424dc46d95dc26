-- The films that brought in most for each unit that they cost.
SELECT rank, title, year, budget, revenue, round(ratio, 2) AS revenue_by_budget, rating, production_companies, url
FROM movie_returns
ORDER BY rank
LIMIT 50;
