import RLSCore
import Testing

@Suite struct StatusCodeTests {
    /// Scripts compare the original's words.
    @Test func texts() {
        let texts = """
            No error|Globus I/O error|Invalid handle|Bad URL|No memory|Buffer overflow|Bad argument|Permission denied|\
            Bad method name|Invalid server|Mapping doesn't exist|LFN already exists|LFN doesn't exist|\
            PFN already exists|PFN doesn't exist|LRC already exists|LRC doesn't exist|DB error|RLI already exists|\
            RLI doesn't exist|Mapping already exists|Invalid attribute type|Attribute already exists|\
            Attribute doesn't exist|Invalid object type|Invalid operator for attribute search|\
            Operation is unsupported|IO timeout|Too many connections|Attribute with specified value doesn't exist|\
            Attribute still referenced by objects in database
            """
        #expect((0...30).map { StatusCode(rawValue: $0).text } == texts.split(separator: "|").map(String.init))
    }

    @Test(arguments: [-1, 31, Int.max, Int.min])
    func unknownCodes(number: Int) { #expect(StatusCode(rawValue: number).text == "Unknown error \(number)") }

    @Test(arguments: [
        (StatusCode.success, 0), (.overflow, 5), (.badArgument, 6), (.permission, 7), (.badMethod, 8),
        (.invalidServer, 9), (.mappingNotFound, 10), (.lfnExists, 11), (.lfnNotFound, 12), (.pfnExists, 13),
        (.pfnNotFound, 14), (.databaseError, 17), (.rliExists, 18), (.rliNotFound, 19), (.mappingExists, 20),
        (.invalidAttributeType, 21), (.attributeExists, 22), (.attributeNotFound, 23), (.invalidObjectType, 24),
        (.invalidAttributeOperator, 25), (.unsupported, 26), (.tooManyConnections, 28), (.attributeValueNotFound, 29),
        (.attributeInUse, 30),
    ])
    func numbers(code: StatusCode, number: Int) { #expect(code.rawValue == number) }

    @Test func errorsReadAsTheOriginalPrintsThem() {
        #expect("\(CatalogError(.lfnNotFound, "nosuch"))" == "LFN doesn't exist: nosuch")
        #expect("\(CatalogError(.permission))" == "Permission denied")
    }
}
