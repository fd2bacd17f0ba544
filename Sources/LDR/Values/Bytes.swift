/// Two digits a byte.
package enum Hexadecimal {
    private static let table = Array("0123456789ABCDEF".utf8)
    private static let lowercaseTable = Array("0123456789abcdef".utf8)

    package static func lowercase(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.flatMap { [lowercaseTable[Int($0 >> 4)], lowercaseTable[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// In upper case, as in URLs.
    package static func digits(_ byte: UInt8) -> [UInt8] { [table[Int(byte >> 4)], table[Int(byte & 15)]] }

    /// nil for what is no digit.
    package static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    package static func value(_ high: UInt8, _ low: UInt8) -> UInt8? {
        guard let high = value(high), let low = value(low) else { return nil }
        return high << 4 | low
    }

    /// Of an even number of digits; nil for anything else.
    package static func bytes(_ digits: some Collection<UInt8>) -> [UInt8]? {
        guard digits.count.isMultiple(of: 2) else { return nil }
        var result: [UInt8] = []
        var high: UInt8?
        for digit in digits {
            guard let value = value(digit) else { return nil }
            if let first = high {
                result.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return result
    }
}

/// Bytes as what is UTF-8 and what is not.
package enum UTF8Runs {
    /// Every byte is in one run, in order. A valid run is one character's bytes, or many of ASCII.
    package static func forEach(in bytes: [UInt8], _ body: (ArraySlice<UInt8>, _ isValid: Bool) -> Void) {
        if bytes.allSatisfy({ $0 < 0x80 }) { return body(bytes[...], true) }
        var parser = Unicode.UTF8.ForwardParser()
        var input = bytes.makeIterator()
        var position = 0
        while true {
            switch parser.parseScalar(from: &input) {
            case .valid(let scalar):
                body(bytes[position..<position + scalar.count], true)
                position += scalar.count
            case .error(let length):
                body(bytes[position..<position + length], false)
                position += length
            case .emptyInput:
                return
            }
        }
    }

    package static func isValid(_ bytes: [UInt8]) -> Bool {
        var isValid = true
        forEach(in: bytes) { isValid = isValid && $1 }
        return isValid
    }
}
