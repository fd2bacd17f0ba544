import HTTPTypes
import LDR

/// What is behind the `?` of a URL, as forms write it.
struct QueryText {
    private var values: [String: String] = [:]

    /// - Throws: 400 for what is no UTF-8, and for names that come twice
    init(_ text: String?) throws(WebError) {
        for pair in (text ?? "").split(separator: "&") {
            let sign = pair.firstIndex(of: "=") ?? pair.endIndex
            let name = try Self.decoded(pair[..<sign])
            let value = try Self.decoded(pair[sign...].dropFirst())
            if values.updateValue(value, forKey: name) != nil {
                throw WebError(.badRequest, "`\(name)` is given twice")
            }
        }
    }

    subscript(_ name: String) -> String? { values[name] }

    /// Those that are not among these.
    func others(than known: [String]) -> [String] { values.keys.filter { !known.contains($0) }.sorted() }

    func number(_ name: String, _ range: ClosedRange<Int>, or other: Int) throws(WebError) -> Int {
        guard let text = values[name] else { return other }
        guard let number = Int(text), range.contains(number) else {
            throw WebError(.badRequest, "`\(name)` must be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    private static func decoded(_ text: Substring) throws(WebError) -> String {
        var result: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): result.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst(), let low = rest.popFirst(), let value = Hexadecimal.value(high, low)
                else { throw WebError(.badRequest, "`%` must be followed by two hexadecimal digits") }
                result.append(value)
            default: result.append(byte)
            }
        }
        guard UTF8Runs.isValid(result), !result.contains(0) else {
            throw WebError(.badRequest, "the query is no UTF-8 text")
        }
        return String(decoding: result, as: UTF8.self)
    }
}
