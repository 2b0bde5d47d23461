// What a driver told, against what is known of its client.

/** The outcome of one scenario. `told` is undefined when the driver said nothing of it. */
export function judge(client, way, scenario, told, ending) {
    const absent = client.not_offered[scenario];
    if (absent !== undefined) {
        return told === undefined
            ? { outcome: "SKIP", why: absent }
            : { outcome: "FAIL", why: "was run, although it is listed as not offered" };
    }
    if (told === undefined) return { outcome: "FAIL", why: `the driver ended before it: ${ending}` };
    const known = client.known_faults.find(
        (fault) => fault.scenario === scenario && (fault.way === undefined || fault.way === way),
    );
    if (known === undefined) return told.ok ? { outcome: "PASS", why: "" } : { outcome: "FAIL", why: told.why };
    if (told.ok) return { outcome: "FAIL", why: `passes, although its fault is listed: ${known.reason}` };
    if (!told.why.includes(known.error)) {
        return { outcome: "FAIL", why: `fails otherwise than its listed fault, ${known.error}: ${told.why}` };
    }
    return { outcome: "XFAIL", why: `${known.reason} (${known.pointer})` };
}

/** What the committed result tells otherwise than this run, of the clients that ran; nothing when it is fresh. */
export function stale(committed, ran) {
    const key = ({ client, way, scenario }) => `${client}, ${way}, ${scenario}`;
    const clients = new Set(ran.results.filter((row) => row.outcome !== "NOT_RUN").map((row) => row.client));
    const rows = ({ results }) =>
        new Map(results.filter((row) => clients.has(row.client)).map((row) => [key(row), JSON.stringify(row)]));
    const [before, now] = [rows(committed), rows(ran)];
    const lines = [...new Set([...before.keys(), ...now.keys()])]
        .filter((name) => before.get(name) !== now.get(name))
        .map((name) => `${name}: ${before.get(name) ?? "no row"}, and now ${now.get(name) ?? "no row"}`);
    const [known, stated] = [committed, ran].map(({ version, scenarios }) => JSON.stringify({ version, scenarios }));
    return known === stated ? lines : ["the scenarios differ", ...lines];
}

/** One line for each scenario, one column for each client and way, then each reason once. */
export function table(scenarios, rows) {
    const columns = [...new Set(rows.map((row) => `${row.client} ${row.way}`))];
    const wide = Math.max(...scenarios.map((scenario) => scenario.length));
    const lines = columns.map((column, index) => `${String.fromCharCode(65 + index)} = ${column}`);
    lines.push("", `${"".padEnd(wide)}  ${columns.map((_, index) => String.fromCharCode(65 + index).padEnd(7)).join(" ")}`);
    for (const scenario of scenarios) {
        const outcomes = columns.map(
            (column) =>
                rows.find((row) => row.scenario === scenario && `${row.client} ${row.way}` === column).outcome,
        );
        lines.push(`${scenario.padEnd(wide)}  ${outcomes.map((outcome) => outcome.padEnd(7)).join(" ")}`.trimEnd());
    }
    lines.push("");
    for (const wanted of ["FAIL", "NOT_RUN", "XFAIL"]) {
        const reasons = new Map();
        for (const { outcome, client, way, scenario, why } of rows) {
            if (outcome !== wanted) continue;
            const key = `${client}: ${why}`;
            reasons.set(key, [...(reasons.get(key) ?? []), `${scenario} (${way})`]);
        }
        for (const [reason, where] of reasons) {
            lines.push(`${wanted} ${reason}`, `    ${where.length > 4 ? `${where.length} scenarios` : where.join(", ")}`);
        }
    }
    return lines.join("\n");
}
