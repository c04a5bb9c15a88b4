"""The bodies of the API reference, as printed (ids and times stand for any of their kind)."""

PAGINATION = {"page": 1, "limit": 20, "total": 100, "pages": 5}

LOGIN = {
    "success": True,
    "data": {
        "user": {"id": "user_1234567890", "email": "user@example.com", "name": "John Doe", "role": "customer"},
        "tokens": {
            "access_token": "eyJhbGciOiJIUzI1NiIs...",
            "refresh_token": "eyJhbGciOiJIUzI1NiIs...",
            "expires_in": 3600,
        },
    },
}
REFRESH = {
    "success": True,
    "data": {"access_token": "eyJhbGciOiJIUzI1NiIs...", "refresh_token": "eyJhbGciOiJIUzI1NiIs...", "expires_in": 3600},
}
OAUTH_CODE_TOKEN = {
    "access_token": "eyJhbGciOiJIUzI1NiIs...",
    "token_type": "Bearer",
    "expires_in": 3600,
    "refresh_token": "eyJhbGciOiJIUzI1NiIs...",
    "scope": "read write",
}
OAUTH_CLIENT_TOKEN = {
    "access_token": "eyJhbGciOiJIUzI1NiIs...",
    "token_type": "Bearer",
    "expires_in": 3600,
    "scope": "read write",
}
API_KEY_REQUEST = {
    "name": "My Application",
    "description": "API key for my application",
    "scopes": ["read", "write"],
    "expires_at": "2125-01-01T00:00:00Z",
}
API_KEY = {
    "id": "ak_1234567890",
    "name": "My Application",
    "api_key": "sk_live_1234567890abcdef",
    "scopes": ["read", "write"],
    "created_at": "2024-01-01T00:00:00Z",
    "expires_at": "2025-01-01T00:00:00Z",
}
ME = {
    "success": True,
    "data": {
        "id": "user_1234567890",
        "email": "user@example.com",
        "name": "John Doe",
        "role": "customer",
        "created_at": "2024-01-01T00:00:00Z",
        "updated_at": "2024-01-01T00:00:00Z",
        "last_login": "2024-01-15T10:30:00Z",
        "preferences": {"theme": "light", "language": "en", "timezone": "UTC"},
    },
}
USERS = {
    "success": True,
    "data": {
        "users": [
            {
                "id": "user_1234567890",
                "email": "user@example.com",
                "name": "John Doe",
                "role": "customer",
                "created_at": "2024-01-01T00:00:00Z",
                "last_login": "2024-01-15T10:30:00Z",
            }
        ],
        "pagination": PAGINATION,
    },
}
USER_REQUEST = {"email": "new@example.com", "name": "New User", "role": "customer", "password": "password123"}
USER = {
    "success": True,
    "data": {
        "id": "user_0987654321",
        "email": "new@example.com",
        "name": "New User",
        "role": "customer",
        "created_at": "2024-01-15T11:00:00Z",
        "updated_at": "2024-01-15T11:00:00Z",
    },
}
USER_UPDATE_REQUEST = {"name": "Updated Name", "preferences": {"theme": "dark", "language": "en", "timezone": "UTC"}}
USER_UPDATE = {
    "success": True,
    "data": {
        "id": "user_1234567890",
        "email": "user@example.com",
        "name": "Updated Name",
        "role": "customer",
        "preferences": {"theme": "dark", "language": "en", "timezone": "UTC"},
        "updated_at": "2024-01-15T11:30:00Z",
    },
}
MEMBER = {"user_id": "user_1234567890", "role": "manager", "joined_at": "2024-01-01T00:00:00Z"}
PROJECT_IN_LIST = {
    "id": "proj_1234567890",
    "name": "SOC 2 Type II Assessment",
    "description": "SOC 2 Type II compliance assessment",
    "status": "active",
    "framework": "soc2",
    "compliance_score": 78,
    "created_at": "2024-01-01T00:00:00Z",
    "updated_at": "2024-01-15T10:30:00Z",
    "team_members": [MEMBER],
}
PROJECTS = {
    "success": True,
    "data": {"projects": [PROJECT_IN_LIST], "pagination": {"page": 1, "limit": 20, "total": 50, "pages": 3}},
}
PROJECT = {
    "success": True,
    "data": {
        **PROJECT_IN_LIST,
        "controls": [
            {
                "id": "ctrl_1234567890",
                "number": "A1.1",
                "title": "Information Security Policies",
                "status": "complete",
                "evidence_count": 5,
            }
        ],
        "milestones": [
            {
                "id": "mile_1234567890",
                "name": "Evidence Collection",
                "due_date": "2024-02-01T00:00:00Z",
                "status": "in_progress",
            }
        ],
    },
}
PROJECT_REQUEST = {
    "name": "ISO 27001 Certification",
    "description": "ISO 27001 certification project",
    "framework": "iso27001",
    "team_members": [{"user_id": "user_1234567890", "role": "manager"}],
    "milestones": [{"name": "Initial Assessment", "due_date": "2024-02-01T00:00:00Z"}],
}
CREATED_PROJECT = {
    "success": True,
    "data": {
        "id": "proj_0987654321",
        "name": "ISO 27001 Certification",
        "description": "ISO 27001 certification project",
        "status": "active",
        "framework": "iso27001",
        "compliance_score": 0,
        "created_at": "2024-01-15T12:00:00Z",
        "updated_at": "2024-01-15T12:00:00Z",
    },
}
ONE_EVIDENCE = {
    "id": "ev_1234567890",
    "title": "Security Policy v2.1",
    "description": "Updated security policy document",
    "file_name": "security_policy_v2.1.pdf",
    "file_size": 2048576,
    "content_type": "application/pdf",
    "control_id": "ctrl_1234567890",
    "project_id": "proj_1234567890",
    "uploaded_by": "user_1234567890",
    "uploaded_at": "2024-01-15T10:30:00Z",
    "quality_score": 92,
    "status": "approved",
    "tags": ["policy", "security", "v2.1"],
}
EVIDENCE_LIST = {"success": True, "data": {"evidence": [ONE_EVIDENCE], "pagination": PAGINATION}}
EVIDENCE = {"success": True, "data": ONE_EVIDENCE}
SCORE = {
    "success": True,
    "data": {
        "project_id": "proj_1234567890",
        "overall_score": 78,
        "framework_scores": {
            "security": 82,
            "availability": 75,
            "processing_integrity": 80,
            "confidentiality": 70,
            "privacy": 85,
        },
        "control_coverage": {"total": 60, "complete": 45, "in_progress": 10, "not_started": 5},
        "evidence_quality": {"total": 127, "high_quality": 89, "good_quality": 28, "needs_improvement": 10},
        "last_updated": "2024-01-15T10:30:00Z",
    },
}
FRAMEWORKS = {
    "success": True,
    "data": {
        "frameworks": [
            {
                "id": "soc2",
                "name": "SOC 2 Type II",
                "description": "Service Organization Control 2 Type II",
                "controls": [
                    {
                        "id": "ctrl_1234567890",
                        "number": "A1.1",
                        "title": "Information Security Policies",
                        "category": "security",
                    }
                ],
            }
        ]
    },
}
CHAT_REQUEST = {
    "message": "What evidence do I need for SOC 2 control A1.1?",
    "context": {"project_id": "proj_1234567890", "control_id": "ctrl_1234567890"},
}
CHAT = {
    "success": True,
    "data": {
        "message": "For SOC 2 control A1.1 …",
        "context": {"framework": "soc2", "control": "A1.1", "control_title": "Information Security Policies"},
        "suggestions": [
            {
                "type": "policy_generation",
                "title": "Generate Security Policy",
                "description": "Create a comprehensive security policy",
            }
        ],
    },
}
POLICY_REQUEST = {
    "type": "security_policy",
    "framework": "soc2",
    "control_id": "ctrl_1234567890",
    "company_name": "Your Company",
    "industry": "technology",
}
POLICY = {
    "success": True,
    "data": {
        "title": "Security Policy",
        "content": "# Security Policy\n\n## 1. Purpose\n…",
        "format": "markdown",
        "generated_at": "2024-01-15T13:00:00Z",
        "quality_score": 92,
    },
}
WEBHOOK_REQUEST = {
    "url": "https://your-app.com/webhook",
    "events": ["evidence.uploaded", "project.created"],
    "secret": "your_webhook_secret",
    "active": True,
}
WEBHOOK = {
    "success": True,
    "data": {
        "id": "wh_1234567890",
        "url": "https://your-app.com/webhook",
        "events": ["evidence.uploaded", "project.created"],
        "secret": "your_webhook_secret",
        "active": True,
        "created_at": "2024-01-15T14:00:00Z",
    },
}
EVIDENCE_UPLOADED = {
    "event": "evidence.uploaded",
    "timestamp": "2024-01-15T14:30:00Z",
    "data": {
        "evidence": {
            "id": "ev_1234567890",
            "title": "Security Policy v2.1",
            "file_name": "security_policy_v2.1.pdf",
            "project_id": "proj_1234567890",
            "control_id": "ctrl_1234567890",
            "uploaded_by": "user_1234567890",
        }
    },
}
ERROR = {
    "success": False,
    "error": {
        "code": "VALIDATION_ERROR",
        "message": "Invalid request parameters",
        "details": {"field": "email", "error": "Invalid email format"},
    },
    "timestamp": "2024-01-15T10:30:00Z",
    "request_id": "req_123456789",
}
RATE_LIMITED = {
    "success": False,
    "error": {
        "code": "RATE_LIMITED",
        "message": "Rate limit exceeded",
        "details": {"limit": 1000, "remaining": 0, "reset_time": "2024-01-15T11:00:00Z"},
    },
}
LOGGED_OUT = {"success": True, "message": "Logged out successfully"}
USER_DELETED = {"success": True, "message": "User deleted successfully"}
