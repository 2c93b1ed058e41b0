// SPDX-License-Identifier: Apache-2.0
// All tests of the page.  PARE=path of pare: against the real server, else against the mock.
//
//   node test/run.mjs [PART OF A NAME]
import { runAll } from "./harness.mjs";
import "./languages.mjs";
import "./start.mjs";
import "./jobs.mjs";
import "./compare.mjs";
import "./connection.mjs";
import "./list.mjs";
import "./look.mjs";

await runAll();
