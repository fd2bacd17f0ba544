import RLSCore

/// An expression ready to be evaluated.
indirect enum ExpressionNode: Sendable, Hashable {
    /// Two or more.
    case and([ExpressionNode])
    /// Two or more.
    case or([ExpressionNode])
    case not(ExpressionNode)
    case compare(ExpressionField, ExpressionComparison, ExpressionLiteral)
    case like(ExpressionField, SQLPattern)
    case isIn(ExpressionField, ExpressionList)

    func collectFields(_ names: inout Set<String>) {
        switch self {
        case .and(let nodes), .or(let nodes): for node in nodes { node.collectFields(&names) }
        case .not(let node): node.collectFields(&names)
        case .compare(let field, _, _), .like(let field, _), .isIn(let field, _): names.insert(field.name)
        }
    }
}

enum ExpressionField: Sendable, Hashable {
    case lfn
    case size
    case collection
    case publisher
    case attribute(String)

    /// Of a name without quotes.
    init(_ name: String) {
        switch name {
        case "lfn": self = .lfn
        case "size": self = .size
        case "collection": self = .collection
        case "publisher": self = .publisher
        default: self = .attribute(name)
        }
    }

    var name: String {
        switch self {
        case .lfn: "lfn"
        case .size: "size"
        case .collection: "collection"
        case .publisher: "publisher"
        case .attribute(let name): name
        }
    }

    /// Attributes may be either, and differ from file to file.
    var mayBeText: Bool { self != .size }
    var mayBeNumber: Bool {
        switch self {
        case .size, .attribute: true
        case .lfn, .collection, .publisher: false
        }
    }
}

enum ExpressionComparison: String, Sendable, Hashable, CaseIterable {
    case equal = "="
    case unequal = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="

    @inline(__always)
    func holds(_ order: ExpressionOrder) -> Bool {
        switch self {
        case .equal: order == .same
        case .unequal: order != .same
        case .less: order == .before
        case .lessOrEqual: order != .after
        case .greater: order == .after
        case .greaterOrEqual: order != .before
        }
    }
}

enum ExpressionOrder: Sendable {
    case before
    case same
    case after
}

enum ExpressionNumber: Sendable, Hashable {
    case integer(Int64)
    /// Finite.
    case decimal(Double)
}

enum ExpressionLiteral: Sendable, Hashable {
    case number(ExpressionNumber)
    case text(ByteString)
}

/// The values of `in (…)`, sorted and without repetitions, so that a look-up is a binary search that copies nothing.
struct ExpressionList: Sendable, Hashable {
    let numbers: [ExpressionNumber]
    let texts: [ByteString]

    init(_ literals: [ExpressionLiteral]) {
        var numbers: [ExpressionNumber] = []
        var texts: Set<ByteString> = []
        for literal in literals {
            switch literal {
            case .number(let number): numbers.append(number)
            case .text(let text): texts.insert(text)
            }
        }
        self.numbers = Self.distinct(numbers)
        self.texts = texts.sorted()
    }

    /// Of 5 and 5.0 the integer stays.
    private static func distinct(_ numbers: [ExpressionNumber]) -> [ExpressionNumber] {
        let integersFirst =
            numbers.filter { if case .integer = $0 { true } else { false } }
            + numbers.filter { if case .decimal = $0 { true } else { false } }
        var result: [ExpressionNumber] = []
        // Sorting is stable.
        for number in integersFirst.sorted(by: { $0.order(to: $1) == .before }) {
            if let last = result.last, last.order(to: number) == .same { continue }
            result.append(number)
        }
        return result
    }
}
