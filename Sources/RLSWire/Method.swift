import NIOCore
import RLSCore

/// The strings of a request after the method's name.
package protocol RequestArguments: Sendable {
    static var shape: ArgumentShape { get }
    init(from reader: inout FieldReader) throws(CatalogError)
    func encode(into buffer: inout ByteBuffer)
}

/// How the results of a successful reply are counted.
package enum ReplyShape: Hashable, Sendable {
    case nothing
    case fields(Int)
    /// Tuples of so many strings, ended by an empty string or the marker `\x01`.
    case list(width: Int)
    /// Tuples whose first string is a code: so many strings after a 0, so many after anything else.
    case statusList(success: Int, failure: Int)
    /// The strings of `stats`: their number follows from the version, which is the first.
    case statistics
}

/// One item of a reply: the whole result, or one tuple of its list.
package protocol ReplyItem: Sendable {
    static var shape: ReplyShape { get }
    init(from reader: inout FieldReader) throws(CatalogError)
    func encode(into buffer: inout ByteBuffer)
}

/// A method of the protocol with the types of both directions; server and client share it, so they cannot drift apart.
package struct Method<Arguments: RequestArguments, Item: ReplyItem>: Sendable {
    package let name: ByteString

    package init(_ name: ByteString, _: Arguments.Type, _: Item.Type) { self.name = name }

    package func encode(_ arguments: Arguments, into buffer: inout ByteBuffer) {
        buffer.writeField(name)
        arguments.encode(into: &buffer)
    }
}
