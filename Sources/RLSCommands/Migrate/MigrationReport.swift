import RLSCore

/// What a migration has done and found, for people or as JSON.
struct MigrationReport: Sendable {
    let from: String
    let to: String
    let isFromOriginal: Bool
    /// nil when nothing was to be copied.
    var copied: CatalogCopier.Result?
    var verification: Verification?
    var verificationSeconds = 0.0
    var skipped = Skipped()

    init(from: CatalogPlace, to: CatalogPlace) {
        (self.from, self.to, isFromOriginal) = (from.shown, to.shown, from.isOriginal)
    }

    var isGood: Bool { verification?.isEqual == true && skipped.count == 0 }

    func print(to output: Output) {
        if output.style == .json {
            output.result("", fields)
        } else {
            for line in lines { output.write("  " + ByteString(line)) }
        }
    }

    // MARK: Rows

    private typealias Row = (name: String, key: String, from: Int, to: Int, isEqual: Bool)

    private func rows(_ from: CatalogSummary, _ to: CatalogSummary) -> [Row] {
        [
            ("mappings", "mappings", from.mappings.count, to.mappings.count, from.mappings == to.mappings),
            ("logical names", "lfns", from.lfns, to.lfns, from.lfns == to.lfns),
            ("targets", "pfns", from.pfns, to.pfns, from.pfns == to.pfns),
            (
                "attributes", "definitions", from.definitions.count, to.definitions.count,
                from.definitions == to.definitions
            ),
            ("attribute values", "values", from.values.count, to.values.count, from.values == to.values),
            ("index servers", "rlis", from.rlis.count, to.rlis.count, from.rlis == to.rlis),
        ]
    }

    private func rate(_ count: Int, _ seconds: Double) -> Int { Int(Double(count) / max(seconds, 0.001)) }

    // MARK: Text

    private var lines: [String] {
        [
            "from \(from)\(isFromOriginal ? " (of the original)" : "")", "to   \(to)",
        ] + copyLines + verificationLines + skippedLines + [verdict]
    }

    private var copyLines: [String] {
        guard let copied else { return [] }
        return [
            "\(copied.isContinued ? "went on copying" : "copied"): \(copied.mappings) mappings (\(copied.added) new), \(copied.values) attribute values in "
                + "\(shown(copied.seconds)) s, \(rate(copied.mappings + copied.values, copied.seconds)) a second"
        ]
    }

    private var verificationLines: [String] {
        switch verification {
        case .compared(let from, let to):
            return [line("", "from", "to", "")]
                + rows(from, to).map { line($0.name, "\($0.from)", "\($0.to)", $0.isEqual ? "equal" : "DIFFERENT") }
        case .contained(let found):
            return [
                "looked up: \(found.mappings) mappings, \(found.values) attribute values, \(found.definitions) attributes, "
                    + "\(found.rlis) index servers: \(found.missing.count) missing"
            ] + found.missing.examples.map { "  missing: " + $0 }
        case nil: return []
        }
    }

    private func line(_ name: String, _ from: String, _ to: String, _ outcome: String) -> String {
        let text = padded(name, 18) + padded(from, -12) + padded(to, -12) + "  " + outcome
        return text.last == " " ? String(text.dropLast(2)) : text
    }

    /// Negative: on the left.
    private func padded(_ text: String, _ width: Int) -> String {
        let blanks = String(repeating: " ", count: max(0, abs(width) - text.count))
        return width < 0 ? blanks + text : text + blanks
    }

    private func shown(_ seconds: Double) -> String { "\((seconds * 10).rounded() / 10)" }

    private var skippedLines: [String] {
        var lines: [String] = []
        if skipped.orphans > 0 { lines.append("\(skipped.orphans) rows of the source belong to no name: left out") }
        if skipped.count > 0 {
            lines.append("\(skipped.count) not taken, among them:")
            lines += skipped.examples.map { "  " + $0 }
        }
        return lines
    }

    private var verdict: String {
        guard let verification, !verification.isEqual else {
            let verdict = isContained ? "all of it is there" : "the same"
            return skipped.count == 0 ? verdict : verdict + " but for what was not taken"
        }
        return "DIFFERENT: if nobody else has written to them, --from-the-start goes through all again"
    }

    private var isContained: Bool { if case .contained = verification { true } else { false } }

    // MARK: JSON

    private var fields: [(String, JSONField)] {
        var fields: [(String, JSONField)] = [
            ("from", .bytes(ByteString(from))), ("to", .bytes(ByteString(to))), ("original", .flag(isFromOriginal)),
        ]
        if let copied {
            fields.append(
                (
                    "copied",
                    .object([
                        ("continued", .flag(copied.isContinued)), ("mappings", .number(copied.mappings)),
                        ("new_mappings", .number(copied.added)),
                        ("values", .number(copied.values)), ("definitions", .number(copied.definitions)),
                        ("rlis", .number(copied.rlis)), ("seconds", .literal("\(copied.seconds)")),
                        ("per_second", .number(rate(copied.mappings + copied.values, copied.seconds))),
                    ])
                ))
        }
        return fields + [
            ("verification", .object(verificationFields)), ("not_taken", .object(list(of: skipped))),
            ("orphans", .number(skipped.orphans)), ("good", .flag(isGood)),
        ]
    }

    private func list(of skipped: Skipped) -> [(String, JSONField)] {
        let examples = skipped.examples.map { [("text", JSONField.bytes(ByteString($0)))] }
        return [("count", .number(skipped.count)), ("examples", .list(examples))]
    }

    private var verificationFields: [(String, JSONField)] {
        var fields: [(String, JSONField)] = [
            ("equal", .flag(verification?.isEqual == true)), ("seconds", .literal("\(verificationSeconds)")),
        ]
        switch verification {
        case .compared(let from, let to):
            fields += rows(from, to).map { row in
                (
                    row.key,
                    .object([("from", .number(row.from)), ("to", .number(row.to)), ("equal", .flag(row.isEqual))])
                )
            }
        case .contained(let found):
            fields += [
                ("mappings", .number(found.mappings)), ("values", .number(found.values)),
                ("definitions", .number(found.definitions)), ("rlis", .number(found.rlis)),
                ("missing", .object(list(of: found.missing))),
            ]
        case nil: break
        }
        return fields
    }
}
