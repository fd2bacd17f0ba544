import RLSCore

/// Rules in the order in which they are tried.
package struct NameRules: Sendable, Hashable {
    package let rules: [NameRule]

    package init(_ rules: [NameRule]) { self.rules = rules }

    /// Those that come with the program. `ligo-frame` is the form of LIGO-T050017: SITE-TYPE-GPSSTART-DURATION.ext,
    /// with the end of the time and, where the type begins or ends with one as H1_HOFT_C02 and RDS_R_L1 do, the
    /// interferometer.
    package static let shipped: [NameRule] = shippedTexts.compactMap { try? NameRule(name: $0.name, parsing: $0.text) }

    /// A test reads each.
    static let shippedTexts = [
        (
            name: "ligo-frame",
            text: """
            {site:letters}-{frameType:word}-{gpsStart:integer}-{duration:integer}.{:text}; \
            gpsEnd = gpsStart + duration; \
            frameType like {interferometer:interferometer}_{:word}; \
            frameType like {:word}_{interferometer:interferometer}
            """
        )
    ]

    package static func shipped(named name: String) -> NameRule? { shipped.first { $0.name == name } }

    /// As a configuration has it: a shipped one by its name, or `name pattern`.
    package static func rule(configured text: String) throws(NameRuleError) -> NameRule {
        if let shipped = shipped(named: text) { return shipped }
        let words = text.split(separator: " ", maxSplits: 1)
        guard words.count == 2 else {
            let names = shipped.map(\.name).joined(separator: ", ")
            throw NameRuleError(text, "expected one that is shipped (\(names)), or a name and a pattern")
        }
        return try NameRule(name: String(words[0]), parsing: String(words[1]))
    }

    /// By the first rule whose form the name has; nil when it has none.
    package func attributes(of lfn: ByteString) -> (rule: String, attributes: [String: MetadataValue])? {
        for rule in rules {
            if let attributes = rule.attributes(of: lfn) { return (rule.name, attributes) }
        }
        return nil
    }
}
