-- What each genre's films cost and brought in, over films of which both are known.
SELECT name, films, budget, revenue, round(revenue / budget, 2) AS revenue_by_budget
FROM top_genres
ORDER BY revenue DESC, name;
