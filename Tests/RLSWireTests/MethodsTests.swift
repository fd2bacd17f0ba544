import NIOCore
import RLSCore
import RLSWire
import Testing

@Suite struct MethodsTests {
    /// Encode, scan, decode, encode: the same bytes, all of them used.
    @Test(arguments: MethodCase.all)
    func requestsRoundTrip(method: MethodCase) throws {
        #expect(!method.requests.isEmpty)
        for request in method.requests {
            var scanner = RequestScanner()
            var bytes = request
            scanner.append(&bytes)
            let frame = try #require(try scanner.next())
            #expect(MethodCase.shapes[frame.method].name == method.name)
            #expect(!scanner.isWaitingForMore)
            let again = try method.reencode(frame.arguments)
            #expect(spelled(again.bytes) == spelled(request))
            #expect(again.isUsedUp)
        }
    }

    /// The same bytes one at a time give the same request, and only with the last of them.
    @Test(arguments: MethodCase.all)
    func requestsArriveByteByByte(method: MethodCase) throws {
        for request in method.requests {
            var scanner = RequestScanner()
            for (index, byte) in request.readableBytesView.enumerated() {
                var one = ByteBuffer(bytes: [byte])
                scanner.append(&one)
                let frame = try scanner.next()
                #expect((frame != nil) == (index + 1 == request.readableBytes))
                if let frame { #expect(spelled(try method.reencode(frame.arguments).bytes) == spelled(request)) }
            }
        }
    }

    @Test func namesAreUnique() {
        let names = MethodCase.shapes.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(names.count == 67)
    }

    /// Fewer strings than the shape promises never reach a decoder; should they, it is an error and no trap.
    @Test(arguments: MethodCase.all.filter { if case .fields(2...) = $0.shape { true } else { false } })
    func missingStringsAreRefused(method: MethodCase) {
        #expect(throws: CatalogError(.badArgument, "missing string")) { try method.reencode(wire("1|")) }
    }

    @Test func namesAreFoundByTheirBytes() {
        let names = MethodNames(MethodCase.shapes.map(\.name))
        for (index, method) in MethodCase.shapes.enumerated() {
            #expect(names.index(of: method.name.bytes.span) == index)
            let longer = method.name.bytes + [UInt8(ascii: "x")]
            #expect(names.index(of: longer.span) == nil)
        }
        let empty: [UInt8] = []
        #expect(names.index(of: empty.span) == nil)
    }
}
