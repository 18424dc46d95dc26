#pragma once
// Named points between two durable effects at which the crash tests kill the process the hard way.
// SLUICE_CRASH_POINT="name" or "name:N" (the Nth time it is reached) arms one; otherwise a point
// costs one relaxed load. kill(getpid(), SIGKILL): no destructor, no flush, as a real kill -9.
// "name:freeze" stops the process there instead, once: on SIGCONT it goes on with what it was at,
// as one does whose machine was suspended.
//
// The points, in the order of the flow (tests/crash goes through all of them):
//   ingest.upload-kept (it stands whole in the spool)
//   ingest.before-announce  ingest.after-announce  ingest.chunk-produced  ingest.after-commit
//   ingest.before-archive   ingest.after-archive   ingest.s3-copied (not yet removed)
//   stage1.before-commit    stage1.after-commit (committed, local state not yet written)
//   stage1.after-apply      stage2.before-commit   stage2.after-commit    stage2.after-apply
//   loader.after-copy (rows in the staging table)  loader.before-commit   loader.after-commit
//   export.before-rename (a CSV file)
//   export.rows-written (some of an export's)  export.files-noted (none is seen yet)
//   export.hist-published   export.current-published (not yet noted)

#include <string_view>

namespace sluice {

void arm_crash_point(std::string_view setting);  // once, in main
void crash_point(std::string_view name);

}  // namespace sluice
