import NIOCore
import RLSCore
import RLSWire
import Testing

@Suite struct FieldWriterTests {
    @Test(arguments: [0, 1, 9, 10, 11, 99, 100, -1, -9, -10, 4_294_967_296, Int.max, Int.min])
    func numbers(number: Int) throws {
        var buffer = ByteBuffer()
        buffer.writeField(number)
        #expect(spelled(buffer) == "\(number)|")
        var reader = FieldReader(buffer)
        #expect(try reader.integer() == number)
    }

    @Test func strings() {
        var buffer = ByteBuffer()
        buffer.writeField(ByteString("a"))
        buffer.writeField([UInt8]("b".utf8).span)
        buffer.writeField(ByteBuffer(string: "c"))
        buffer.writeEmptyField()
        #expect(spelled(buffer) == "a|b|c||")
    }

    @Test func errorsAndEnds() {
        var buffer = ByteBuffer()
        buffer.writeError(CatalogError(.lfnNotFound, "nosuch"))
        buffer.writeListEnd(more: true)
        buffer.writeListEnd(more: false)
        #expect(spelled(buffer) == "12|nosuch|\u{1}||")
    }
}
