-- The files that were settled last, with their receipts.
SELECT finished_at, name, dataset, source, state, rows, records, corrections, duplicates, dead_letters, error
FROM _sluice.files
WHERE finished_at IS NOT NULL
ORDER BY finished_at DESC, id
LIMIT 100;
