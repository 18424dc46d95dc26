-- Why rows could not become records: by dataset, column and rule.
SELECT dataset, "column", rule, count(*) AS dead_letters, min(reason) AS for_instance
FROM _sluice.dead_letters
GROUP BY dataset, "column", rule
ORDER BY dead_letters DESC, dataset, "column", rule
LIMIT 50;
