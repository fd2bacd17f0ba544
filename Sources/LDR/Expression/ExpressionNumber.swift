extension ExpressionNumber {
    /// By exact values: 9007199254740993 is above 9007199254740992.0.
    func order(to other: ExpressionNumber) -> ExpressionOrder {
        switch (self, other) {
        case (.integer(let left), .integer(let right)): left.order(to: right)
        case (.integer(let left), .decimal(let right)): left.order(to: right)
        case (.decimal(let left), .integer(let right)): right.order(to: left).reversed
        case (.decimal(let left), .decimal(let right)): left == right ? .same : left < right ? .before : .after
        }
    }
}

extension ExpressionOrder {
    var reversed: ExpressionOrder {
        switch self {
        case .before: .after
        case .same: .same
        case .after: .before
        }
    }
}

extension Int64 {
    @inline(__always)
    func order(to other: Int64) -> ExpressionOrder { self == other ? .same : self < other ? .before : .after }

    /// `other` is a number.
    func order(to other: Double) -> ExpressionOrder {
        if other >= 0x1p63 { return .before }
        if other < -0x1p63 { return .after }
        let whole = other.rounded(.towardZero)
        let order = order(to: Int64(whole))
        guard order == .same else { return order }
        return other == whole ? .same : other > whole ? .before : .after
    }
}

extension ExpressionNumber {
    /// Of an attribute or literal; nil for what is no number.
    init?(_ value: MetadataValue) {
        switch value {
        case .integer(let integer): self = .integer(integer)
        case .number(let number) where !number.isNaN: self = .decimal(number)
        case .number, .text: return nil
        }
    }
}
