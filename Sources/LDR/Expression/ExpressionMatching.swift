import RLSCore

extension ExpressionNode {
    /// The file is handed on, not kept: to keep it would count references of all that is in it.
    func matches(_ file: FileRecord, _ publisher: String) -> Bool {
        switch self {
        case .and(let nodes): nodes.allSatisfy { $0.matches(file, publisher) }
        case .or(let nodes): nodes.contains { $0.matches(file, publisher) }
        case .not(let node): !node.matches(file, publisher)
        case .compare(let field, let comparison, .text(let text)):
            field.text(of: file, publisher) { comparison.holds($0, text.bytes.span) }
        case .compare(let field, let comparison, .number(let number)):
            field.number(of: file).map { comparison.holds($0.order(to: number)) } ?? false
        case .like(let field, let pattern):
            field.text(of: file, publisher) { pattern.matches($0) }
        case .isIn(let field, let list):
            list.contains(field, of: file, publisher)
        }
    }
}

extension ExpressionField {
    /// Bytes of strings are looked at where they are; false for what is no text.
    @inline(__always)
    func text(of file: FileRecord, _ publisher: String, _ test: (Span<UInt8>) -> Bool) -> Bool {
        switch self {
        case .lfn: return test(file.lfn.bytes.span)
        case .collection: return test(file.collection.utf8.span)
        case .publisher: return test(publisher.utf8.span)
        case .size: return false
        case .attribute(let name):
            guard case .text(let text) = file.attributes[name] else { return false }
            return test(text.utf8.span)
        }
    }

    @inline(__always)
    func number(of file: FileRecord) -> ExpressionNumber? {
        switch self {
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
    func contains(_ field: ExpressionField, of file: FileRecord, _ publisher: String) -> Bool {
        if !numbers.isEmpty, let number = field.number(of: file) { return contains(number) }
        return !texts.isEmpty && field.text(of: file, publisher) { contains($0) }
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
