-- The production companies that brought in most.
SELECT name, films, budget, revenue, round(revenue / budget, 2) AS revenue_by_budget
FROM top_production_companies
ORDER BY revenue DESC, name
LIMIT 30;
