import CVOMS
import NIOConcurrencyHelpers
import RLSCore

/// Attributes that a virtual organisation's VOMS server has signed into a proxy. X509_VOMS_DIR says which servers count.
enum VOMSAttributes {
    /// The extension 1.3.6.1.4.1.8005.100.100.5 that holds them.
    private static let extensionID: [UInt8] = [0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04, 0x01, 0xbe, 0x45, 0x64, 0x64, 0x05]
    /// libvomsapi makes no promise for threads.
    private static let library = NIOLock()

    /// - Parameter chain: certificates as DER, the end of the chain first
    static func verified(in chain: [[UInt8]]) throws(GSIError) -> Verified? {
        // Most proxies have none: they never reach the library.
        guard chain.contains(where: { $0.firstRange(of: extensionID) != nil }) else { return nil }
        let result = library.withLock { Result { () throws(GSIError) in try retrieve(chain) } }
        return try result.get()
    }

    private static func retrieve(_ chain: [[UInt8]]) throws(GSIError) -> Verified {
        guard let data = VOMS_Init(nil, nil) else {
            throw GSIError(.other, "VOMS attributes cannot be verified: is there a directory X509_VOMS_DIR?")
        }
        defer { VOMS_Destroy(data) }
        let certificates = rls_voms_chain()
        defer { rls_voms_free(certificates) }
        for der in chain where rls_voms_append(certificates, der, der.count) == 0 {
            throw GSIError(.other, "a certificate of the chain cannot be read")
        }
        var code: Int32 = 0
        guard rls_voms_verify_fully(data, &code) != 0, rls_voms_retrieve(certificates, data, &code) != 0 else {
            throw GSIError(.other, "VOMS attributes do not count: \(message(data, code))")
        }
        return attributes(data)
    }

    private static func message(_ data: UnsafeMutablePointer<vomsdata>, _ code: Int32) -> String {
        guard let text = VOMS_ErrorMessage(data, code, nil, 0) else { return "code \(code)" }
        defer { free(text) }
        return String(cString: text).trimmedBlanks
    }

    struct Verified: Sendable {
        var names: [String] = []
        /// Seconds since 1970, of the first that ends.
        var end = Int.max
    }

    private static func attributes(_ data: UnsafeMutablePointer<vomsdata>) -> Verified {
        guard var organisation = data.pointee.data else { return Verified() }
        var found = Verified()
        while let entry = organisation.pointee {
            found.end = min(found.end, Int(rls_voms_seconds(entry.pointee.date2)))
            if var name = entry.pointee.fqan {
                while let text = name.pointee {
                    found.names.append(withoutDefaults(String(cString: text)))
                    name += 1
                }
            }
            organisation += 1
        }
        return found
    }

    /// `/vo/Role=NULL/Capability=NULL` is written `/vo`.
    static func withoutDefaults(_ name: String) -> String {
        var rest = name[...]
        for ending in ["/Capability=NULL", "/Role=NULL"] where rest.hasSuffix(ending) {
            rest = rest.dropLast(ending.count)
        }
        return String(rest)
    }
}
