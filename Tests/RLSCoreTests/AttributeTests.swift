import RLSCore
import RLSTestSupport
import Testing

@Suite struct AttributeTests {
    @Test(arguments: [
        (AttributeType.int, "42", "42"), (.int, "-9223372036854775808", "-9223372036854775808"), (.int, "007", "7"),
        (.int, "9223372036854775807", "9223372036854775807"), (.float, "1.5", "1.5"), (.float, "1e3", "1000.0"),
        (.float, "-0.1", "-0.1"), (.date, "20020829101112", "2002-08-29 10:11:12"), (.string, "", ""),
        (.string, " a\tb ", " a\tb "),
    ])
    func textForm(type: AttributeType, text: ByteString, answer: ByteString) throws {
        let value = try #require(AttributeValue(text, as: type))
        #expect(value.type == type)
        #expect(value.text == answer)
        #expect(AttributeValue(value.text, as: type) == value)
    }

    @Test(
        arguments: [
            (AttributeType.int, ""), (.int, "1.5"), (.int, "9223372036854775808"), (.int, " 1"), (.int, "x"),
            (.float, ""),
            (.float, "nan"), (.float, "inf"), (.float, "1e999"), (.float, "1,5"), (.float, "1 "), (.date, "yesterday"),
        ] as [(AttributeType, ByteString)])
    func refuses(type: AttributeType, text: ByteString) { #expect(AttributeValue(text, as: type) == nil) }

    @Test func stringsMayHoldAnyByte() {
        let bytes = ByteString((1...255).map { UInt8($0) })
        #expect(AttributeValue(bytes, as: .string)?.text == bytes)
    }

    @Test func floatsReadBackToTheSameDouble() {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<10_000 {
            let number = Double(bitPattern: random.next())
            guard number.isFinite else { continue }
            #expect(AttributeValue(AttributeValue.float(number).text, as: .float) == .float(number))
        }
    }

    @Test func typeNamesAndNumbers() {
        #expect(AttributeType.allCases.map(\.name) == ["date", "float", "int", "string"])
        for type in AttributeType.allCases { #expect(AttributeType(name: type.name) == type) }
        #expect(AttributeType(name: "text") == nil)
    }

    @Test func operandCounts() {
        #expect(AttributeOperator.allCases.map(\.operandCount) == [0, 1, 1, 1, 1, 1, 1, 2, 1])
    }
}
