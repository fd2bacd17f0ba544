/// Type of an attribute's values, with the protocol's numbers.
public enum AttributeType: Int, Sendable, CaseIterable {
    case date = 0
    case float = 1
    case int = 2
    case string = 3

    public var name: String { ["date", "float", "int", "string"][rawValue] }
    public init?(name: String) {
        guard let found = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = found
    }
}

/// A definition: attributes belong to one kind of object and have one type.
public struct AttributeDefinition: Hashable, Sendable {
    public let name: ByteString
    public let kind: NameKind
    public let type: AttributeType

    public init(name: ByteString, kind: NameKind, type: AttributeType) {
        self.name = name
        self.kind = kind
        self.type = type
    }
}

/// A typed attribute value.
public enum AttributeValue: Hashable, Sendable {
    case date(CatalogDate)
    case float(Double)
    case int(Int64)
    case string(ByteString)

    public var type: AttributeType {
        switch self {
        case .date: .date
        case .float: .float
        case .int: .int
        case .string: .string
        }
    }

    /// Reads the protocol's text form; nil when it is not a value of that type.
    public init?(_ text: ByteString, as type: AttributeType) {
        switch type {
        case .date:
            guard let date = CatalogDate(text) else { return nil }
            self = .date(date)
        case .float:
            guard let number = Double(text.description), number.isFinite else { return nil }
            self = .float(number)
        case .int:
            guard let number = Int64(text.description) else { return nil }
            self = .int(number)
        case .string:
            self = .string(text)
        }
    }

    /// The protocol's text form. Floats read back to the same double.
    public var text: ByteString {
        switch self {
        case .date(let date): ByteString(date.description)
        case .float(let number): ByteString("\(number)")
        case .int(let number): ByteString("\(number)")
        case .string(let bytes): bytes
        }
    }
}

/// Comparison of an attribute search, with the protocol's numbers.
public enum AttributeOperator: Int, Sendable, CaseIterable {
    case all = 0
    case equal = 1
    case notEqual = 2
    case greater = 3
    case greaterOrEqual = 4
    case less = 5
    case lessOrEqual = 6
    case between = 7
    case like = 8

    /// How many operands it takes.
    public var operandCount: Int {
        switch self {
        case .all: 0
        case .between: 2
        default: 1
        }
    }
}

/// What a search asks of an attribute's value.
public enum AttributeCondition: Hashable, Sendable {
    case any
    case equal(AttributeValue)
    case notEqual(AttributeValue)
    case greater(AttributeValue)
    case greaterOrEqual(AttributeValue)
    case less(AttributeValue)
    case lessOrEqual(AttributeValue)
    /// Both ends included.
    case between(AttributeValue, AttributeValue)
    /// SQL pattern, strings only.
    case like(SQLPattern)
}

extension AttributeCondition {
    /// What an index cannot decide: patterns are matched bytewise. Everything else a store has decided already.
    public func admits(_ value: AttributeValue) -> Bool {
        guard case .like(let pattern) = self, case .string(let bytes) = value else { return true }
        return pattern.matches(bytes)
    }
}
