/// Names of sites: part of file names, of a manifest's lines and of the order of changes, so nothing but plain ASCII.
package enum SiteName {
    package static let maximumLength = 255

    package static func isValid(_ name: String) -> Bool {
        let bytes = name.utf8
        guard !bytes.isEmpty && bytes.count <= maximumLength && bytes.first != UInt8(ascii: ".") else { return false }
        return bytes.allSatisfy(isAllowed)
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    static func check(_ name: String) throws(MetadataError) {
        if isValid(name) { return }
        throw MetadataError(
            .invalid,
            "site name \(name.debugDescription): give 1 to \(maximumLength) letters, digits, '.', '-' or '_', no '.' first"
        )
    }
}
