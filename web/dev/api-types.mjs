// SPDX-License-Identifier: Apache-2.0
// TypeScript types out of docs/api/openapi.json.  --check: fail when src/api/schema.ts is not that.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const web = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const source = path.join(web, "../docs/api/openapi.json");
const target = path.join(web, "src/api/schema.ts");

function typeOf(schema, indent) {
  const nullable = schema.nullable && !(schema.enum ?? []).includes(null) ? " | null" : "";
  return bareType(schema, indent) + nullable;
}

function bareType(schema, indent) {
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const several = schema.oneOf ?? schema.anyOf;
  if (several) return several.map((one) => typeOf(one, indent)).join(" | ");
  if (schema.allOf) return schema.allOf.map((one) => typeOf(one, indent)).join(" & ");
  switch (schema.type) {
    case "integer":
    case "number": return "number";
    case "boolean": return "boolean";
    case "array": return `(${typeOf(schema.items ?? {}, indent)})[]`;
    case "object": return schema.properties ? fields(schema, indent) : "Record<string, unknown>";
    default: return schema.type === "string" ? "string" : "unknown";
  }
}

function comment(schema, indent) {
  return schema.description ? `${indent}/** ${schema.description.replace(/\s+/g, " ").replace(/\*\//g, "* /")} */\n` : "";
}

function fields(schema, indent) {
  const inner = indent + "  ";
  const lines = Object.entries(schema.properties).map(([name, field]) => {
    const optional = (schema.required ?? []).includes(name) ? "" : "?";
    return `${comment(field, inner)}${inner}${name}${optional}: ${typeOf(field, inner)};\n`;
  });
  return `{\n${lines.join("")}${indent}}`;
}

function generate(api) {
  const head = "// SPDX-License-Identifier: Apache-2.0\n// Made by `npm run types` from docs/api/openapi.json; do not edit.\n";
  return head + Object.entries(api.components.schemas)
    .map(([name, schema]) => `\n${comment(schema, "")}export type ${name} = ${typeOf(schema, "")};\n`).join("");
}

const given = process.argv.find((argument) => argument.endsWith(".json")) ?? source;
if (!existsSync(given)) {
  console.log(`types: ${given} is not there, nothing to compare with`);
  process.exit(0);
}
const text = generate(JSON.parse(readFileSync(given, "utf8")));
if (!process.argv.includes("--check")) {
  writeFileSync(target, text);
} else if (readFileSync(target, "utf8") !== text) {
  console.error("types: src/api/schema.ts is not what docs/api/openapi.json says; run `npm run types`");
  process.exit(1);
}
