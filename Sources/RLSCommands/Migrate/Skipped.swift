import RLSCore

/// What could not be copied: how much, and the first of it in words.
struct Skipped: Sendable, Hashable {
    private static let exampleCount = 10

    private(set) var count = 0
    private(set) var examples: [String] = []
    /// Rows of the original that belong to no name: nobody could ask for them.
    var orphans = 0

    mutating func add(_ what: @autoclosure () -> String) {
        count += 1
        if examples.count < Self.exampleCount { examples.append(what()) }
    }

    static func + (left: Skipped, right: Skipped) -> Skipped {
        var sum = left
        sum.count += right.count
        sum.examples += right.examples.prefix(exampleCount - left.examples.count)
        sum.orphans += right.orphans
        return sum
    }
}

/// What a catalog can hold.
extension Skipped {
    mutating func admits(_ mapping: Mapping) -> Bool {
        guard let problem = Self.problem(mapping.lfn) ?? Self.problem(mapping.pfn) else { return true }
        add("mapping \(Self.shown(mapping.lfn)) \(Self.shown(mapping.pfn)): \(problem)")
        return false
    }

    mutating func admits(_ definition: AttributeDefinition) -> Bool {
        guard let problem = Self.problem(definition.name) else { return true }
        add("attribute \(Self.shown(definition.name)): \(problem)")
        return false
    }

    mutating func admits(_ value: ObjectValue) -> Bool {
        var problem = Self.problem(value.key) ?? Self.problem(value.name)
        if case .string(let text) = value.value, text.bytes.contains(0) { problem = problem ?? "a NUL byte" }
        guard let problem else { return true }
        add("value of \(Self.shown(value.name)) of \(Self.shown(value.key)): \(problem)")
        return false
    }

    static func problem(_ name: ByteString) -> String? {
        if name.isEmpty { return "an empty name" }
        if name.count > NameLimits.maximumLength {
            return "a name of \(name.count) bytes; \(NameLimits.maximumLength) are allowed"
        }
        return name.bytes.contains(0) ? "a NUL byte" : nil
    }

    /// For people: short, on one line.
    static func shown(_ name: ByteString) -> String {
        let limit = 60
        return JSONLine.quoted(ByteString(name.bytes.prefix(limit)).description) + (name.count > limit ? "…" : "")
    }
}
