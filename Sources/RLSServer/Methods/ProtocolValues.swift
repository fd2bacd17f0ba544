import RLSCore

// From the protocol's text to typed values, with the code that each mistake has.

extension NameKind {
    init(objectType: ByteString) throws(CatalogError) {
        switch objectType {
        case "0": self = .lfn
        case "1": self = .pfn
        default: throw CatalogError(.invalidObjectType, objectType)
        }
    }
}

extension AttributeType {
    init(code: ByteString) throws(CatalogError) {
        guard let number = Int(code.description), let type = AttributeType(rawValue: number) else {
            throw CatalogError(.invalidAttributeType, code)
        }
        self = type
    }
}

extension ByteString {
    /// A name or target of a bulk item: not empty, not too long.
    func asName() throws(CatalogError) -> ByteString {
        if isEmpty || count > NameLimits.maximumLength { throw CatalogError(.badArgument, self) }
        return self
    }
}

extension AttributeCondition {
    init(comparison: ByteString, operands: [ByteString], type: AttributeType) throws(CatalogError) {
        guard let number = Int(comparison.description), let comparison = AttributeOperator(rawValue: number) else {
            throw CatalogError(.invalidAttributeOperator, comparison)
        }
        if comparison == .like {
            guard type == .string else { throw CatalogError(.invalidAttributeOperator, "\(comparison.rawValue)") }
            self = .like(SQLPattern(operands[0]))
            return
        }
        var values: [AttributeValue] = []
        for operand in operands.prefix(comparison.operandCount) {
            guard let value = AttributeValue(operand, as: type) else { throw CatalogError(.badArgument, operand) }
            values.append(value)
        }
        switch comparison {
        case .all, .like: self = .any
        case .equal: self = .equal(values[0])
        case .notEqual: self = .notEqual(values[0])
        case .greater: self = .greater(values[0])
        case .greaterOrEqual: self = .greaterOrEqual(values[0])
        case .less: self = .less(values[0])
        case .lessOrEqual: self = .lessOrEqual(values[0])
        case .between: self = .between(values[0], values[1])
        }
    }
}
