import CGlobusGSSAPI
import NIOCore

/// One side of a security context: first the handshake, token by token, then protection of what is sent.
///
/// `@unchecked Sendable`: used by one thread at a time. The handshake runs on a pool; its last step hands the context to
/// the event loop of the connection, which keeps it.
package final class GSSContext: @unchecked Sendable {
    package enum Role: Sendable {
        case acceptor
        /// The acceptor's certificate must be for this host.
        case initiator(host: String)
    }

    /// What a token led to. The output is sent in any case: with a failure it is the alert that tells the other side.
    struct Step {
        enum Outcome {
            case continues
            case complete
            case failed(GSIError)
        }

        var output: ByteBuffer
        var outcome: Outcome
    }

    private let role: Role
    /// Kept as long as the context, which refers to it.
    private let credential: GSSCredential
    private var target: gss_name_t?
    private var handle: gss_ctx_id_t?
    /// What is asked for, and after the handshake what there is. An acceptor that does not ask for confidentiality offers
    /// ciphers that encrypt nothing.
    private var flags = GSSContext.wanted
    private static let wanted = OM_uint32(GSS_C_MUTUAL_FLAG | GSS_C_CONF_FLAG | GSS_C_INTEG_FLAG)

    package init(_ role: Role, _ credential: GSSCredential) throws(GSIError) {
        self.role = role
        self.credential = credential
        if case .initiator(let host) = role { target = try Self.name(ofHost: host) }
    }

    deinit {
        var minor: OM_uint32 = 0
        if handle != nil { gss_delete_sec_context(&minor, &handle, nil) }
        if target != nil { gss_release_name(&minor, &target) }
    }

    private static func name(ofHost host: String) throws(GSIError) -> gss_name_t? {
        var (name, minor): (gss_name_t?, OM_uint32) = (nil, 0)
        var text = Array("host@\(host)".utf8)
        let major = text.withUnsafeMutableBytes { raw in
            var buffer = gss_buffer_desc(length: raw.count, value: raw.baseAddress)
            return gss_import_name(&minor, &buffer, rls_gss_host_name_type(), &name)
        }
        if rls_gss_failed(major) != 0 { throw GSIError(major, minor, "looking up the host name \(host)") }
        return name
    }

    // MARK: Handshake

    /// - Parameter token: whole TLS records, or nothing for the initiator's first step
    func step(_ token: ByteBuffer) -> Step {
        var output = gss_buffer_desc()
        var (major, minor): (OM_uint32, OM_uint32) = (0, 0)
        token.withUnsafeReadableBytes { raw in
            var input = gss_buffer_desc(length: raw.count, value: UnsafeMutableRawPointer(mutating: raw.baseAddress))
            major =
                switch role {
                case .acceptor: accept(&input, &output, &minor)
                case .initiator: initiate(&input, &output, &minor)
                }
        }
        let bytes = Self.take(&output)
        if rls_gss_failed(major) != 0 {
            return Step(output: bytes, outcome: .failed(GSIError(major, minor, "the handshake")))
        }
        return Step(output: bytes, outcome: rls_gss_continues(major) != 0 ? .continues : .complete)
    }

    private func accept(_ input: inout gss_buffer_desc, _ output: inout gss_buffer_desc, _ minor: inout OM_uint32)
        -> OM_uint32
    {
        // A client may delegate a credential; nobody here uses it.
        var delegated: gss_cred_id_t?
        let major = gss_accept_sec_context(
            &minor, &handle, credential.handle, &input, nil, nil, nil, &output, &flags, nil, &delegated)
        if delegated != nil {
            var ignored: OM_uint32 = 0
            gss_release_cred(&ignored, &delegated)
        }
        return major
    }

    private func initiate(_ input: inout gss_buffer_desc, _ output: inout gss_buffer_desc, _ minor: inout OM_uint32)
        -> OM_uint32
    {
        gss_init_sec_context(
            &minor, credential.handle, &handle, target, nil, Self.wanted, 0, nil, &input, nil, &output, &flags, nil)
    }

    /// The library's memory becomes ours.
    private static func take(_ buffer: inout gss_buffer_desc) -> ByteBuffer {
        var bytes = ByteBuffer()
        append(&buffer, to: &bytes)
        return bytes
    }

    private static func append(_ buffer: inout gss_buffer_desc, to bytes: inout ByteBuffer) {
        if buffer.length > 0, let start = buffer.value {
            bytes.writeBytes(UnsafeRawBufferPointer(start: start, count: buffer.length))
        }
        var minor: OM_uint32 = 0
        gss_release_buffer(&minor, &buffer)
    }

    // MARK: After the handshake

    /// The other side's certificates, the end of the chain first, each as DER.
    func peerChain() throws(GSIError) -> [[UInt8]] {
        var (minor, set): (OM_uint32, gss_buffer_set_t?) = (0, nil)
        let major = gss_inquire_sec_context_by_oid(&minor, handle, rls_gss_chain_oid(), &set)
        if rls_gss_failed(major) != 0 { throw GSIError(major, minor, "reading the certificate chain") }
        defer { gss_release_buffer_set(&minor, &set) }
        guard let list = set?.pointee, let elements = list.elements else { return [] }
        return (0..<list.count).map { index in
            Array(UnsafeRawBufferPointer(start: elements[index].value, count: elements[index].length))
        }
    }

    /// The name of the other side's end entity: proxies are stripped by the library.
    func peerName() throws(GSIError) -> String {
        var (minor, source, target): (OM_uint32, gss_name_t?, gss_name_t?) = (0, nil, nil)
        var major = gss_inquire_context(&minor, handle, &source, &target, nil, nil, nil, nil, nil)
        if rls_gss_failed(major) != 0 { throw GSIError(major, minor, "reading the name of the other side") }
        defer {
            gss_release_name(&minor, &source)
            gss_release_name(&minor, &target)
        }
        var text = gss_buffer_desc()
        let peer = if case .acceptor = role { source } else { target }
        major = gss_display_name(&minor, peer, &text, nil)
        if rls_gss_failed(major) != 0 { throw GSIError(major, minor, "reading the name of the other side") }
        return DistinguishedName.customary(String(buffer: Self.take(&text)))
    }

    var isConfidential: Bool { flags & OM_uint32(GSS_C_CONF_FLAG) != 0 }
    /// An initiator's flags say nothing of the other side.
    var isPeerAnonymous: Bool {
        if case .acceptor = role { flags & OM_uint32(GSS_C_ANON_FLAG) != 0 } else { false }
    }
    var isPeerLimited: Bool { flags & OM_uint32(GSS_C_GLOBUS_RECEIVED_LIMITED_PROXY_FLAG) != 0 }

    // MARK: Protection

    /// Appends a frame that holds `bytes`, confidential and with integrity.
    func wrap(_ bytes: ByteBuffer, into frames: inout ByteBuffer) throws(GSIError) {
        var output = gss_buffer_desc()
        var (major, minor): (OM_uint32, OM_uint32) = (0, 0)
        bytes.withUnsafeReadableBytes { raw in
            var input = gss_buffer_desc(length: raw.count, value: UnsafeMutableRawPointer(mutating: raw.baseAddress))
            major = gss_wrap(&minor, handle, 1, 0, &input, nil, &output)
        }
        if rls_gss_failed(major) != 0 { throw GSIError(major, minor, "encrypting") }
        frames.writeInteger(UInt32(output.length))
        Self.append(&output, to: &frames)
    }

    /// Appends what a frame's token holds.
    func unwrap(_ token: ByteBuffer, into bytes: inout ByteBuffer) throws(GSIError) {
        var output = gss_buffer_desc()
        var (major, minor): (OM_uint32, OM_uint32) = (0, 0)
        token.withUnsafeReadableBytes { raw in
            var input = gss_buffer_desc(length: raw.count, value: UnsafeMutableRawPointer(mutating: raw.baseAddress))
            major = gss_unwrap(&minor, handle, &input, &output, nil, nil)
        }
        if rls_gss_failed(major) != 0 { throw GSIError(major, minor, "decrypting") }
        Self.append(&output, to: &bytes)
    }
}
