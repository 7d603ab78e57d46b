import HTTPSignatures

/// Why a caller was not let in. None of the texts says which part of the credentials was right.
public enum AuthenticationFailure: String, Error, Sendable, CaseIterable, CustomStringConvertible {
    /// There was no `Authorization` header.
    case missing
    /// The header is of no form known here.
    case malformed
    /// Client unknown, secret wrong, or token forged.
    case invalid
    /// The client, its secret or its token has expired, or the client was revoked.
    case expired
    /// The client may not call from this address.
    case address
    /// The client may not do this.
    case scope
    /// The client's credentials work over certain certificates only, and none of them was presented.
    case certificate
    /// The client must sign its requests.
    case signatureRequired = "signature_required"
    /// The signature cannot be read, or there is not exactly one.
    case signatureMalformed = "signature_malformed"
    /// The signature does not cover what it must.
    case signatureIncomplete = "signature_incomplete"
    /// The signature is not the client's, or not over this request.
    case signatureInvalid = "signature_invalid"
    /// The signature is too old, or of the future.
    case signatureExpired = "signature_expired"
    /// The same nonce was used before.
    case signatureReplayed = "signature_replayed"
    /// The body is not the one that was signed.
    case contentDigest = "content_digest"
    /// More signatures came than can be remembered, so that a repetition could not be told.
    case signatureMemoryFull = "signature_memory_full"

    public var description: String {
        switch self {
        case .missing: "no credentials were sent: send an Authorization header"
        case .malformed: "the Authorization header is neither Basic nor Bearer in a form known here"
        case .invalid: "the credentials are not valid"
        case .expired: "the credentials have expired or were revoked"
        case .address: "this client may not call from this address"
        case .scope: "this client may not do this: its scopes do not include it"
        case .certificate: "this client must call with the certificate that it is bound to"
        case .signatureRequired: "this client must sign its requests: its credentials alone do not do"
        case .signatureMalformed: "Signature and Signature-Input are not one readable signature"
        case .signatureIncomplete:
            "the signature must cover @method, @path, @query where there is one and content-digest where there is a body, and have "
                + "created, keyid and nonce"
        case .signatureInvalid: "the signature is not valid"
        case .signatureExpired: "the signature was made too long ago, or is of the future"
        case .signatureReplayed: "the signature's nonce was used before"
        case .contentDigest: "the body is not the one that Content-Digest tells of"
        case .signatureMemoryFull: "too many signed requests arrived to tell repetitions"
        }
    }

    /// The name of the problem that both planes answer with, after `urn:muniment:problem:`.
    public var problem: String {
        switch self {
        case .missing, .malformed, .invalid, .expired: "unauthenticated"
        case .address, .scope: "forbidden"
        case .certificate: "certificate-required"
        case .contentDigest: "content-digest-mismatch"
        default: rawValue.replacing("_", with: "-")
        }
    }

    /// What that problem means and what to do, for those that have a name of their own.
    public var title: String {
        switch self {
        case .certificate: "This API client must call with the client certificate that it is bound to."
        case .signatureRequired: "This API client must sign its requests: its credentials alone do not do."
        case .signatureMalformed: "Signature and Signature-Input are not one readable signature of this request."
        case .signatureIncomplete:
            "The signature must cover @method, @path, @query where there is one and content-digest where there is a body, and "
                + "have created, keyid and nonce."
        case .signatureInvalid: "The signature is not valid for this request and a key of this API client."
        case .signatureExpired:
            "The signature is too old or of the future: sign the request again, by a clock that is right."
        case .signatureReplayed: "The nonce was used before: sign each request with a nonce of its own."
        case .contentDigest: "The body is not the one that Content-Digest tells of: send its sha-256."
        case .signatureMemoryFull: "More signed requests came than can be remembered: send the request again later."
        default: description
        }
    }

    /// What a fault of a signature is called.
    init(_ fault: SignatureFault) {
        self =
            switch fault {
            case .malformed: .signatureMalformed
            case .incomplete: .signatureIncomplete
            case .expired: .signatureExpired
            case .digest: .contentDigest
            case .invalid: .signatureInvalid
            }
    }

    /// 401 for who you are, 403 for what you may, 503 for what cannot be told now.
    public var status: Int {
        switch self {
        case .scope, .address, .certificate: 403
        case .signatureMemoryFull: 503
        default: 401
        }
    }
}
