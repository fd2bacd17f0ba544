import RLSCore
import RLSStorage

/// The SQL of one attribute search, with its parameters: $1 the attribute, $2 how many rows, then operands and position.
struct AttributeSearch {
    private let attribute: StoredAttribute
    private let condition: AttributeCondition
    private let after: SearchPosition?

    init(_ attribute: StoredAttribute, _ condition: AttributeCondition, after: SearchPosition?) {
        self.attribute = attribute
        self.condition = condition
        self.after = after
    }

    private var column: String {
        switch attribute.definition.type {
        case .date, .int: "integer_value"
        case .float: "float_value"
        case .string: "string_value"
        }
    }

    private var isText: Bool { attribute.definition.type == .string }

    var text: String {
        let order = isText ? "substr(string_value, 1, 1200), string_value" : column
        var text =
            "SELECT name, name_tail, \(column), id FROM lrc.attribute_value WHERE attribute_id = $1::bigint "
            + "AND \(column) IS NOT NULL"
        let (terms, count) = comparison
        for (index, term) in terms.enumerated() { text += " AND " + compare(term, "$\(index + 3)") }
        if after != nil {
            let (value, id) = ("$\(count + 3)", "$\(count + 4)")
            text += " AND " + compare(">=", value) + " AND (\(column), id) > (\(value), \(id))"
        }
        return text + " ORDER BY \(order), id LIMIT $2"
    }

    /// Of text the index knows the first 1200 bytes.
    private func compare(_ sign: String, _ operand: String) -> String {
        let exact = "\(column) \(sign) \(operand)"
        guard isText && sign != "<>" else { return exact }
        let coarse = sign == "=" ? "=" : sign.hasPrefix(">") ? ">=" : "<="
        return "substr(string_value, 1, 1200) \(coarse) substr(\(operand), 1, 1200) AND \(exact)"
    }

    private var comparison: (terms: [String], count: Int) {
        let terms: [String] =
            switch condition {
            case .any: []
            case .equal: ["="]
            case .notEqual: ["<>"]
            case .greater: [">"]
            case .greaterOrEqual: [">="]
            case .less: ["<"]
            case .lessOrEqual: ["<="]
            case .between: [">=", "<="]
            case .like(let pattern): pattern.prefix.prefixEnd == nil ? [">="] : [">=", "<"]
            }
        return (terms, terms.count)
    }

    private var operands: [AttributeValue] {
        switch condition {
        case .any: []
        case .equal(let value), .notEqual(let value), .greater(let value), .greaterOrEqual(let value), .less(let value),
            .lessOrEqual(let value):
            [value]
        case .between(let low, let high): [low, high]
        case .like(let pattern): [pattern.prefix, pattern.prefix.prefixEnd].compactMap { $0 }.map { .string($0) }
        }
    }

    func parameters(limit: Int) -> PostgreSQLParameters {
        var parameters = PostgreSQLParameters()
        parameters.add(Int(attribute.id))
        parameters.add(limit)
        for operand in operands { parameters.add(operand) }
        if let after {
            parameters.add(after.value)
            parameters.add(Int(after.object))
        }
        return parameters
    }
}

extension PostgreSQLParameters {
    fileprivate mutating func add(_ value: AttributeValue) {
        switch value {
        case .date(let date): add(Int(date.packed))
        case .int(let number): add(Int(number))
        case .float(let number): add(number)
        case .string(let bytes): add(bytes)
        }
    }
}
