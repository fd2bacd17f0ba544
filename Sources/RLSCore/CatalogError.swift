/// An outcome other than success: the protocol's code and the thing it is about (a name, an option), not a sentence.
public struct CatalogError: Error, Hashable, Sendable {
    public let code: StatusCode
    public let subject: ByteString

    public init(_ code: StatusCode, _ subject: ByteString = .empty) {
        self.code = code
        self.subject = subject
    }
}

extension CatalogError: CustomStringConvertible {
    public var description: String { subject.isEmpty ? code.text : "\(code.text): \(subject)" }
}
