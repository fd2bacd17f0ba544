/// The blocks of a PEM text.
struct PEMDocument {
    private struct Block {
        let label: Substring
        let text: Substring
    }

    private let blocks: [Block]

    init(_ text: String) {
        var found: [Block] = []
        var rest = text[...]
        let (begin, end, dashes) = ("-----BEGIN ", "-----END ", "-----")
        while let start = rest.firstRange(of: begin),
            let labelEnd = rest[start.upperBound...].firstRange(of: dashes),
            let tail = rest[labelEnd.upperBound...].firstRange(of: end),
            let close = rest[tail.upperBound...].firstRange(of: dashes)
        {
            let text = rest[start.lowerBound..<close.upperBound]
            found.append(Block(label: rest[start.upperBound..<labelEnd.lowerBound], text: text))
            rest = rest[close.upperBound...]
        }
        blocks = found
    }

    var certificates: [String] { blocks.filter { $0.label == "CERTIFICATE" }.map { String($0.text) } }
    private var keyBlock: Block? { blocks.first { $0.label.hasSuffix("PRIVATE KEY") } }
    var key: String? { keyBlock.map { String($0.text) } }
    var isKeyEncrypted: Bool {
        keyBlock.map { $0.label.hasPrefix("ENCRYPTED") || $0.text.contains("Proc-Type: 4,ENCRYPTED") } ?? false
    }
}
