import RLSCore

/// Command line words as bytes. The argument parser wants strings, which cannot hold every byte; so bytes that are not
/// UTF-8 travel as private code points through it.
enum RawArguments {
    /// U+10FF00…U+10FFFF stand for the bytes 0…255.
    private static let base: UInt32 = 0x10_ff00

    /// The words of this process after the program's name.
    static var words: [String] {
        (1..<Int(CommandLine.argc)).compactMap { index in
            guard let word = CommandLine.unsafeArgv[index] else { return nil }
            let start = UnsafeRawPointer(word).assumingMemoryBound(to: UInt8.self)
            var length = 0
            while start[length] != 0 { length += 1 }
            return encode(Array(UnsafeBufferPointer(start: start, count: length)))
        }
    }

    static func encode(_ bytes: [UInt8]) -> String {
        if let text = String(validating: bytes, as: UTF8.self),
            !text.unicodeScalars.contains(where: { $0.value >= base })
        {
            return text
        }
        var text = String.UnicodeScalarView()
        for byte in bytes {
            if byte < 0x80 {
                text.append(Unicode.Scalar(byte))
            } else if let scalar = Unicode.Scalar(base + UInt32(byte)) {
                text.append(scalar)
            }
        }
        return String(text)
    }

    static func decode(_ text: String) -> ByteString {
        var bytes: [UInt8] = []
        for scalar in text.unicodeScalars {
            if scalar.value >= base {
                bytes.append(UInt8(scalar.value - base))
            } else {
                bytes += Array(String(scalar).utf8)
            }
        }
        return ByteString(bytes)
    }
}
