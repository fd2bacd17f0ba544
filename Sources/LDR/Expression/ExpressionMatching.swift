import RLSCore

/// Where the fields of an expression come from.
struct FieldSource {
    let file: FileRecord
    let publisher: String
}

extension ExpressionNode {
    func matches(_ source: FieldSource) -> Bool {
        switch self {
        case .and(let nodes): nodes.allSatisfy { $0.matches(source) }
        case .or(let nodes): nodes.contains { $0.matches(source) }
        case .not(let node): !node.matches(source)
        case .compare(let field, let comparison, .text(let text)):
            source.text(field) { comparison.holds($0, text.bytes.span) }
        case .compare(let field, let comparison, .number(let number)):
            source.number(field).map { comparison.holds($0.order(to: number)) } ?? false
        case .like(let field, let pattern):
            source.text(field) { pattern.matches($0) }
        case .isIn(let field, let list):
            list.contains(field, of: source)
        }
    }
}

extension FieldSource {
    /// Bytes of strings are looked at where they are; false for what is no text.
    func text(_ field: ExpressionField, _ test: (Span<UInt8>) -> Bool) -> Bool {
        switch field {
        case .lfn: return test(file.lfn.bytes.span)
        case .collection: return test(file.collection.utf8.span)
        case .publisher: return test(publisher.utf8.span)
        case .size: return false
        case .attribute(let name):
            guard case .text(let text) = file.attributes[name] else { return false }
            return test(text.utf8.span)
        }
    }

    func number(_ field: ExpressionField) -> ExpressionNumber? {
        switch field {
        case .size: .integer(file.size)
        case .lfn, .collection, .publisher: nil
        case .attribute(let name): file.attributes[name].flatMap { ExpressionNumber($0) }
        }
    }
}

extension ExpressionComparison {
    func holds(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
        switch self {
        case .equal: left.equals(right)
        case .unequal: !left.equals(right)
        case .less: left.isOrderedBefore(right)
        case .lessOrEqual: !right.isOrderedBefore(left)
        case .greater: right.isOrderedBefore(left)
        case .greaterOrEqual: !left.isOrderedBefore(right)
        }
    }
}

extension ExpressionList {
    func contains(_ field: ExpressionField, of source: FieldSource) -> Bool {
        if !numbers.isEmpty, let number = source.number(field) { return contains(number) }
        return !texts.isEmpty && source.text(field) { contains($0) }
    }

    private func contains(_ number: ExpressionNumber) -> Bool {
        var range = 0..<numbers.count
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            switch number.order(to: numbers[middle]) {
            case .same: return true
            case .before: range = range.lowerBound..<middle
            case .after: range = middle + 1..<range.upperBound
            }
        }
        return false
    }

    private func contains(_ text: Span<UInt8>) -> Bool {
        var range = 0..<texts.count
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            let candidate = texts[middle].bytes
            if text.isOrderedBefore(candidate.span) {
                range = range.lowerBound..<middle
            } else if candidate.span.isOrderedBefore(text) {
                range = middle + 1..<range.upperBound
            } else {
                return true
            }
        }
        return false
    }
}
