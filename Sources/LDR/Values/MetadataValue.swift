/// The value of an attribute of a file.
package enum MetadataValue: Sendable, Hashable {
    case integer(Int64)
    case number(Double)
    case text(String)
}
